import { eachLeaf, type MimePart } from '@posthouse/message'

/** The first leaves of a message, messages inside it included, and whether there are more. */
export function leavesOf(
  root: MimePart,
  most: number,
): { readonly kept: readonly MimePart[]; readonly areMore: boolean } {
  const kept: MimePart[] = []
  for (const leaf of eachLeaf(root)) {
    if (kept.length === most) return { kept, areMore: true }
    kept.push(leaf)
  }
  return { kept, areMore: false }
}
