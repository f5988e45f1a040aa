/** A message to be sent: its signatures and its octets, in pieces; or why it must wait. */
export type Content =
  | { readonly kind: 'ready'; readonly pieces: readonly Buffer[] }
  | { readonly kind: 'withheld'; readonly because: string }
