/** What a failure tells besides its words. */
export interface FailureTraits {
  /** Whether it tells of the scanner: after several it is left alone for a while. Not so where the message is to blame. */
  readonly isItsFault?: boolean
  /** The connection broke while the message was being sent: an answer may have been lost with it. */
  readonly brokeSending?: boolean
}

/** A scanner did not look at a message. */
export class ScannerFailure extends Error {
  override readonly name = 'ScannerFailure'
  readonly isItsFault: boolean
  readonly brokeSending: boolean

  constructor(message: string, { isItsFault = true, brokeSending = false }: FailureTraits = {}) {
    super(message)
    this.isItsFault = isItsFault
    this.brokeSending = brokeSending
  }
}
