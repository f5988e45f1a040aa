import { appNames, type App, type AppName } from '@posthouse/app'

/** Loads one app; nothing of the others is read. */
export async function loadApp(name: AppName): Promise<App> {
  switch (name) {
    case 'mx':
      return (await import('@posthouse/mx')).app
    case 'submission':
      return (await import('@posthouse/submission')).app
    case 'delivery':
      return (await import('@posthouse/delivery')).app
    case 'imap':
      return (await import('@posthouse/imap')).app
    case 'pop3':
      return (await import('@posthouse/pop3')).app
    case 'web':
      return (await import('@posthouse/web')).app
  }
}

/** The app of this name. */
export function appNamed(text: string): AppName | undefined {
  return appNames.find((name) => name === text)
}
