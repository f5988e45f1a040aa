import { glob, readFile } from 'node:fs/promises'
import path from 'node:path'

/** One import of a source file. */
export interface Import {
  readonly file: string
  readonly specifier: string
  readonly isTest: boolean
}

/** A source file with its comments taken out. */
export interface Source {
  readonly file: string
  readonly code: string
  readonly isTest: boolean
}

/** A package or an app, as read from the disk. */
export interface Part {
  /** `packages/store`. */
  readonly folder: string
  /** `store`. */
  readonly name: string
  readonly isApp: boolean
  readonly dependencies: Readonly<Record<string, string>>
  /** Names of the packages that tsconfig.json refers to. */
  readonly references: readonly string[]
  readonly sources: readonly Source[]
  readonly imports: readonly Import[]
}

interface Manifest {
  readonly dependencies?: Record<string, string>
  readonly optionalDependencies?: Record<string, string>
}

interface Project {
  readonly references?: readonly { readonly path: string }[]
}

/** Reads every package and app. */
export async function readHouse(): Promise<readonly Part[]> {
  const folders: string[] = []
  for await (const file of glob(['packages/*/package.json', 'apps/*/package.json']))
    folders.push(path.dirname(file))
  return Promise.all(folders.toSorted().map(readPart))
}

/** Tests and what only they use: not built, not bound to what package.json declares. */
const testSupport = /\.(test|fixture)\.ts$|\/src\/testing\//

async function readPart(folder: string): Promise<Part> {
  const manifest = JSON.parse(await readFile(`${folder}/package.json`, 'utf8')) as Manifest
  const project = JSON.parse(await readFile(`${folder}/tsconfig.json`, 'utf8')) as Project
  const sources: Source[] = []
  for await (const file of glob(`${folder}/src/**/*.ts`)) {
    const code = withoutComments(await readFile(file, 'utf8'))
    sources.push({ file, code, isTest: testSupport.test(file) })
  }
  return {
    folder,
    name: path.basename(folder),
    isApp: folder.startsWith('apps/'),
    dependencies: { ...manifest.dependencies, ...manifest.optionalDependencies },
    references: (project.references ?? []).map((each) => path.basename(each.path)),
    sources,
    imports: sources.flatMap(importsOf),
  }
}

const importPattern =
  /(?:^\s*(?:import|export)\s[^'"`;]*?from\s*|^\s*import\s*|\bimport\(\s*|\brequire\(\s*|\bimport\.meta\.resolve\(\s*)(['"])([^'"\n]+)\1/gm

function importsOf({ file, code, isTest }: Source): readonly Import[] {
  return [...code.matchAll(importPattern)].map((match) => ({
    file,
    specifier: match[2] ?? '',
    isTest,
  }))
}

/** Takes comments out roughly: a `//` inside a string ends its line here, which costs nothing. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
}

/** The package that a specifier names: `@scope/name` or `name`; nothing for relative paths and `node:`. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  const [first = '', second = ''] = specifier.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}
