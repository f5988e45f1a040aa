import type { Command } from 'commander'
import { withChange, withOutput } from './options.ts'

/** `posthouse backup …`: everything in one folder, and back. */
export function addBackupCommands(program: Command): void {
  const backup = program.command('backup').description('everything in one folder, and back')
  withOutput(
    backup
      .command('create <folder>')
      .description('copy database, configuration and keys as they stand now; mail goes on'),
    'backup create backup-folder',
  ).action(async (folder, options) =>
    (await import('./backup.ts')).createBackupCommand(folder, options),
  )
  withOutput(
    backup.command('verify <folder>').description('read a whole backup and prove that it is whole'),
    'backup verify backup-folder',
  ).action(async (folder, options) =>
    (await import('./backup.ts')).verifyBackupCommand(folder, options),
  )
  withChange(
    backup
      .command('restore <folder>')
      .description('fill an empty database from a backup; its queue is held'),
    'backup restore backup-folder --confirm backup-folder',
  )
    .option('--confirm <folder>', 'the folder again, instead of being asked')
    .action(async (folder, options) =>
      (await import('./backup.ts')).restoreBackupCommand(folder, options),
    )
}
