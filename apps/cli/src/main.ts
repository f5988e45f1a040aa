// The entry of what is built. Everything else is loaded by the command that needs it.
import { runProgram } from './program.ts'

process.exitCode = await runProgram(process.argv.slice(2))
// What a library leaves open (a keep-alive socket, a pool's timer) must not keep a finished command.
if (process.exitCode !== undefined) process.exit()
