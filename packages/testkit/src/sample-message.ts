/** Message number `i` of `given mailbox … with N messages`: the same octets on every run. */
export function sampleMessage(i: number, to: string): Buffer {
  return Buffer.from(
    [
      `From: Sender ${i} <sender${i}@example.org>`,
      `To: <${to}>`,
      `Subject: Message ${i}`,
      `Date: ${sampleDate(i).toUTCString().replace('GMT', '+0000')}`,
      `Message-ID: <${i}@example.org>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=us-ascii',
      '',
      `Body of message ${i}.`,
      '',
    ].join('\r\n'),
  )
}

/** Its internal date. */
export function sampleDate(i: number): Date {
  return new Date(Date.UTC(2024, 0, 1, 0, 0, i))
}
