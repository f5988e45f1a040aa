import { seededRandom } from './seeded.ts'

/** What the generated messages of a mailbox or a load are like. */
export interface MailShape {
  readonly seed: number
  /** Fixed size in octets, or the standard mix: 2 to 40 KB, median 6, a tenth with an attachment. */
  readonly bytes: number | 'standard'
  /** Every message has one, which makes up most of it. */
  readonly hasAttachment?: true
  /** A sentence of Chinese in every message, and in one of 5,000 what searches look for. */
  readonly hasRareWords?: true
}

/** What ten messages of 50,000 have in subject, sender and body. */
export const rareWord = 'zymurgy'
/** The same in Chinese, in their bodies. */
export const shortWord = '酿造'
/** What no message has. */
export const absentWord = 'quixotic'

const words =
  'account agenda answer archive budget calendar change client comment contract copy customer deadline delivery draft estimate file figure folder forward index invoice journal letter list meeting message minutes model notice number offer office order page paper parcel plan point post price project question quote read receipt record reply report request review route sample season send server sheet station stamp summary team ticket time train version visit weather week window work'.split(
    ' ',
  )

/** Makes message number `n` of a series: the same octets for the same shape and number. */
export function makeMessage(shape: MailShape, n: number): Buffer {
  const random = seededRandom(shape.seed * 1_000_003 + n)
  const bytes = shape.bytes === 'standard' ? standardSize(random) : shape.bytes
  const hasAttachment =
    shape.hasAttachment === true || (shape.bytes === 'standard' && random() < 0.1)
  const head = headerOf(random, shape, n)
  const start = shape.hasRareWords ? sentence(n) : ''
  if (!hasAttachment) return plainMessage(random, head, start, bytes)
  return attachmentMessage(random, head, start, bytes)
}

/** Log-normal around 6 KB, kept within 2 and 40. */
function standardSize(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.round(Math.min(40_000, Math.max(2_000, 6_000 * Math.exp(0.7 * normal))))
}

function headerOf(random: () => number, shape: MailShape, n: number): string {
  const sender = pick(random)
  const at = new Date(Date.UTC(2024, 0, 1) + n * 61_000).toUTCString().replace('GMT', '+0000')
  const id = `${shape.seed}.${n}.${Math.floor(random() * 1e9)}`
  return [
    `Received: from mx1.${sender}.example (mx1.${sender}.example [192.0.2.${n % 250}])`,
    `\tby mail.bench.test with ESMTPS id ${id}; ${at}`,
    `Received: from [10.0.0.${n % 250}] by mx1.${sender}.example with ESMTPSA; ${at}`,
    `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${sender}.example; s=s1;`,
    `\th=from:to:subject:date:message-id; bh=${noise(random, 44)};`,
    `\tb=${noise(random, 64)}`,
    `\t ${noise(random, 64)}`,
    `From: ${isRare(shape, n) ? rareWord : capital(pick(random))} ${capital(sender)} <${pick(random)}@${sender}.example>`,
    `To: Bench User <user@bench.test>`,
    `Subject: ${capital(phrase(random, 3 + Math.floor(random() * 6)))}${isRare(shape, n) ? ` ${rareWord}` : ''}`,
    `Date: ${at}`,
    `Message-ID: <${id}@${sender}.example>`,
    ...(random() < 0.4 ? [`In-Reply-To: <${shape.seed}.${n - 1}@${sender}.example>`] : []),
    ...(random() < 0.4 ? [`References: <${shape.seed}.${n - 1}@${sender}.example>`] : []),
    `List-Id: <${pick(random)}.${sender}.example>`,
    'MIME-Version: 1.0',
  ].join('\r\n')
}

function isRare({ hasRareWords }: MailShape, n: number): boolean {
  return hasRareWords === true && n % 5_000 === 17
}

function sentence(n: number): string {
  return n % 5_000 === 17
    ? `${rareWord}，${shortWord}的学问。\r\n`
    : '今天天气很好，我们去公园散步。\r\n'
}

function plainMessage(
  random: () => number,
  head: string,
  sentences: string,
  bytes: number,
): Buffer {
  const start = `${head}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${sentences}`
  return Buffer.from(start + prose(random, bytes - start.length))
}

function attachmentMessage(
  random: () => number,
  head: string,
  sentences: string,
  bytes: number,
): Buffer {
  const boundary = `=_${noise(random, 20).replaceAll(/[+/]/g, 'x')}`
  const file = prose(random, 200)
  const text = `--${boundary}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${sentences}${file}`
  const part = `--${boundary}\r\nContent-Type: application/pdf; name="${pick(random)}.pdf"\r\nContent-Disposition: attachment; filename="${pick(random)}.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\n`
  const start = `${head}\r\nContent-Type: multipart/mixed; boundary="${boundary}"\r\n\r\n${text}\r\n${part}`
  const lines: string[] = []
  for (let left = bytes - start.length; left > 0; left -= 78) lines.push(noise(random, 76))
  return Buffer.from(`${start}${lines.join('\r\n')}\r\n--${boundary}--\r\n`)
}

function prose(random: () => number, bytes: number): string {
  const lines: string[] = []
  for (let left = bytes; left > 0;) {
    const line = capital(phrase(random, 9 + Math.floor(random() * 3))).slice(
      0,
      Math.max(1, left - 2),
    )
    lines.push(line)
    left -= line.length + 2
  }
  return `${lines.join('\r\n')}\r\n`
}

const base64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function noise(random: () => number, length: number): string {
  let text = ''
  while (text.length < length) text += base64[Math.floor(random() * 64)]
  return text
}

function phrase(random: () => number, count: number): string {
  return Array.from({ length: count }, () => pick(random)).join(' ')
}

function pick(random: () => number): string {
  return words[Math.floor(random() * words.length)] ?? 'mail'
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
