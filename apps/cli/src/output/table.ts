import { stripVTControlCharacters, styleText } from 'node:util'

/** True if this stream may be coloured: a terminal, and nobody said no (no-color.org). */
export function mayColour(stream: NodeJS.WriteStream, noColour: boolean): boolean {
  return stream.isTTY === true && !noColour
}

/**
 * Lays out rows under headings in columns that are as wide as their widest cell.
 * @param isColoured headings are dimmed
 */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  isColoured: boolean,
): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => widthOf(row[column] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd()
  const head = line(headings.map((heading) => heading.toUpperCase()))
  return [isColoured ? styleText('dim', head) : head, ...rows.map(line)].join('\n')
}

/** Columns of a terminal that a text takes; wide letters are counted roughly. */
function widthOf(text: string): number {
  let width = 0
  for (const character of stripVTControlCharacters(text))
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]/u.test(
        character,
      )
        ? 2
        : 1
  return width
}

/** Takes control characters out of what strangers may have written, before it reaches a terminal. A tab is a space. */
export function printable(text: string): string {
  return text
    .replaceAll('\t', ' ')
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\ufffd')
}
