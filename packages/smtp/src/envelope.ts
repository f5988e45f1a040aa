import type { MailCommand, RcptCommand } from './mail-command.ts'

/** A recipient that was accepted, with what the app's `onRcpt` found. */
export interface AcceptedRecipient<Target> {
  readonly rcpt: RcptCommand
  readonly target: Target
}

/** The envelope of one transaction (RFC 5321 §2.3.1). An address given twice stands in it once. */
export interface Envelope<Target> {
  readonly mail: MailCommand
  readonly recipients: readonly AcceptedRecipient<Target>[]
}

/** An envelope while it is filled. */
export class OpenEnvelope<Target> implements Envelope<Target> {
  readonly mail: MailCommand
  readonly #recipients = new Map<string, AcceptedRecipient<Target>>()
  /** Recipients were named, whether accepted or not. */
  wasAddressed = false

  constructor(mail: MailCommand) {
    this.mail = mail
  }

  get recipients(): readonly AcceptedRecipient<Target>[] {
    return [...this.#recipients.values()]
  }

  get count(): number {
    return this.#recipients.size
  }

  has(address: string): boolean {
    return this.#recipients.has(address)
  }

  /** A repeated recipient replaces the earlier one: its later parameters count. */
  add(recipient: AcceptedRecipient<Target>): void {
    this.#recipients.set(recipient.rcpt.recipient.address, recipient)
  }
}
