// Adds what only a script can do: buttons that copy a value. Without it the page has everything but those.

const status = document.createElement('p')
status.setAttribute('role', 'status')
status.className = 'status'
document.body.append(status)

async function copy(button, text, label) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    return
  }
  button.textContent = 'Copied'
  status.textContent = `${label} copied`
  setTimeout(() => {
    button.textContent = 'Copy'
    status.textContent = ''
  }, 2000)
}

if (navigator.clipboard) {
  for (const value of document.querySelectorAll('[data-copy]')) {
    const label = value.dataset.copy
    const button = document.createElement('button')
    button.type = 'button'
    button.className = 'copy'
    button.textContent = 'Copy'
    button.setAttribute('aria-label', `Copy ${label}: ${value.textContent}`)
    button.addEventListener('click', () => void copy(button, value.textContent, label))
    value.after(button)
  }
}

// A link to a program opens it.
function open() {
  const named = document.getElementById(location.hash.slice(1))
  if (named instanceof HTMLDetailsElement) named.open = true
}
window.addEventListener('hashchange', open)
open()
