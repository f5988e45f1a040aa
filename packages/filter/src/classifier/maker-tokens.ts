import { firstOf, shapeOf, type Field } from './field-list.ts'
import type { TokenSet } from './token-set.ts'

/** Fields that the author's program writes, not a server on the way. */
const ordered = new Set([
  'from',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'reply-to',
  'x-mailer',
  'x-priority',
  'user-agent',
])

/**
 * What made a message: what it calls itself beside how it writes Message-ID, boundary and the order of its fields. Who sends by
 * the million writes with a program of his own, and most claim to be another one.
 */
export function addMakerTokens(tokens: TokenSet, fields: readonly Field[]): void {
  const type = firstOf(fields, 'content-type')
  const edge = /boundary\s*=\s*"?([^";]+)/i.exec(type)?.[1] ?? ''
  if (edge !== '') {
    tokens.add(`edge:${shapeOf(edge).slice(0, 40)}`)
    tokens.add(`edge:${shapeOfEach(edge.slice(0, 24))}`)
  }
  const maker = makerOf(fields)
  tokens.add(`maker:${maker} id ${idShape(firstOf(fields, 'message-id'))}`)
  tokens.add(`maker:${maker} edge ${shapeOf(edge).slice(0, 30)}`)
  tokens.add(`maker:${maker} type ${type.split(';')[0]?.toLowerCase() ?? ''}`)
  tokens.add(`maker:${maker} ${firstOf(fields, 'x-mimeole') === '' ? 'plain' : 'mimeole'}`)
  const order = fields.filter(({ name }) => ordered.has(name))
  for (const [i, { name }] of order.entries()) {
    const before = order[i - 1]
    if (before !== undefined) tokens.add(`order:${before.name} ${name}`)
  }
}

function makerOf(fields: readonly Field[]): string {
  const written = firstOf(fields, 'x-mailer') || firstOf(fields, 'user-agent')
  return (written.match(/[A-Za-z]+/g) ?? ['none']).slice(0, 2).join(' ').slice(0, 40)
}

function idShape(id: string): string {
  const [left = ''] = id.slice(0, 200).split('@')
  return shapeOf(left)
    .replace(/(?:9[Aa]+|[Aa]+9)+9?/g, 'x')
    .slice(0, 60)
}

function shapeOfEach(text: string): string {
  return text.replace(/[A-Z]/g, 'A').replace(/[a-z]/g, 'a').replace(/\d/g, '9')
}
