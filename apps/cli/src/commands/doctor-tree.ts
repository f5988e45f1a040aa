import type { Command } from 'commander'
import { collect, withOutput } from './options.ts'

/** `posthouse doctor`: what is not well, why it matters, and what to do. */
export function addDoctorCommand(program: Command): void {
  withOutput(
    program
      .command('doctor [domain...]')
      .description('look at everything: what is not well, and what to do about it'),
    'doctor --offline',
    'doctor --watch',
    'doctor example.org --only dns,tls',
  )
    .option('--only <areas>', 'nothing but these: dns,tls,queue …')
    .option('--skip <areas>', 'not these')
    .option('--offline', 'look at nothing outside this machine')
    .option('--since-last', 'tell only what has changed since the last visit')
    .option('--tell-mail <address>', 'tell a mailbox here what has changed')
    .option('--tell-webhook <url>', 'POST what has changed, as JSON')
    .option('--tell-exec <command>', 'run this with what has changed on its standard input')
    .option(
      '--watch',
      'look again at what fails until nothing does: lines turn well as DNS is published',
    )
    .option('--strict', 'warnings count, too (exit code 10)')
    .option('--address <ip>', 'where the world reaches this server (again and again)', collect)
    .option('--time-server <host>', 'who tells the time', 'pool.ntp.org')
    .action(async (domains, options) => (await import('./doctor.ts')).seeDoctor(domains, options))
}
