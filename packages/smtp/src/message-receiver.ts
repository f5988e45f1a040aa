/** Why a message that came to its end is refused. */
export type DataFault = 'bare-cr' | 'bare-lf' | 'nul' | 'too-large' | 'no-memory'

/** A message received, or what was wrong with it. */
export type Received =
  | { readonly ok: true; readonly octets: Buffer }
  | { readonly ok: false; readonly fault: DataFault }

/** Takes a message's octets off the wire: all of DATA, or one chunk of BDAT. */
export interface MessageReceiver {
  /** Octets seen on the wire. */
  readonly bytes: number
  /** Whether so many octets can be taken now; where not, `makeRoom` waits. */
  hasRoom(bytes: number): boolean
  /** Waits for memory; where none comes the message is lost, and read to its end. */
  makeRoom(bytes: number): Promise<void>
  /** Takes octets from `start` on; returns the offset after the last one of it, or -1 if that has not come. */
  feed(chunk: Buffer, start: number): number
  /** Gives the memory back: nobody will want what came. */
  release(): void
}
