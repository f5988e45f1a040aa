import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** How a program ended. */
export interface Ended {
  /** Exit code, or the signal's name. */
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/** How to run a program. */
export interface RunOptions {
  /** Standard input; closed at once when absent. */
  readonly input?: string | Buffer
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** After this it is killed: 120 s when absent. */
  readonly limitMs?: number
}

/** Runs a program to its end. Never rejects for what the program does. */
export function runProgram(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...process.env, LC_ALL: 'C.UTF-8', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (piece: Buffer) => out.push(piece))
  child.stderr.on('data', (piece: Buffer) => err.push(piece))
  // EPIPE: it does not want its input.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input)
  const limit = setTimeout(() => child.kill('SIGKILL'), options.limitMs ?? 120_000)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      const stdout = Buffer.concat(out).toString()
      const stderr = Buffer.concat(err).toString()
      resolve({ code: code ?? signal ?? 'nothing', stdout, stderr })
    })
  })
}

/** The path of a program, wherever Debian keeps it. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), '/usr/sbin', '/sbin']
  return folders.map((folder) => path.join(folder, name)).find(isExecutable)
}

/**
 * For the `skip` of a test: false if the program is there, else why not.
 * @param program its file name
 * @param debianPackage the package it comes in
 */
export function absent(program: string, debianPackage: string = program): string | false {
  if (findProgram(program) !== undefined) return false
  const reasons = (process.env['POSTHOUSE_TEST_MISSING'] ?? '').split('\n')
  const reason = reasons.find((line) => line.startsWith(`${debianPackage}=`))
  return `${program} is absent: ${reason?.slice(debianPackage.length + 1) ?? 'not installed'}`
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
