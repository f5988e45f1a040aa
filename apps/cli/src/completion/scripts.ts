/** Shells that are spoken to. */
export const shells = ['bash', 'zsh', 'fish'] as const

/** One of them. */
export type Shell = (typeof shells)[number]

/**
 * What a shell reads to complete our words: each asks `posthouse complete-words`, which prints a candidate a line (a tab, then
 * what it is), and `:file` where the shell is to offer files.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# posthouse: source <(posthouse completion bash)
_posthouse() {
  local line out
  COMPREPLY=()
  out=$(posthouse complete-words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null) || return
  while IFS= read -r line; do
    if [[ $line == :file ]]; then compopt -o default; COMPREPLY=(); return; fi
    line=\${line%%$'\\t'*}
    [[ -n $line && $line == "\${COMP_WORDS[COMP_CWORD]}"* ]] && COMPREPLY+=("$line")
  done <<< "$out"
}
complete -F _posthouse posthouse`,
  zsh: `#compdef posthouse
# posthouse: posthouse completion zsh > "\${fpath[1]}/_posthouse"
_posthouse() {
  local -a found
  local line
  while IFS= read -r line; do
    if [[ $line == :file ]]; then _files; return; fi
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(posthouse complete-words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe posthouse found
}
compdef _posthouse posthouse`,
  fish: `# posthouse: posthouse completion fish > ~/.config/fish/completions/posthouse.fish
function __posthouse_words
  set -l words (commandline -opc) (commandline -ct)
  for line in (posthouse complete-words -- $words[2..-1] 2>/dev/null)
    if test "$line" = ":file"
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c posthouse -f -a '(__posthouse_words)'`,
}
