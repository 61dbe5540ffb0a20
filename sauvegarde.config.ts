import { defineConfig } from './core/config/config.ts';

/** What to back up. docs/configuration.md lists every option; "npx sauvegarde doctor" checks this file. */
export default defineConfig({
  timeZone: 'UTC', // such as 'Europe/Paris': the zone of schedules, and of the times you read
  language: 'en', // of mails: 'en' or 'fr'
  administrators: ['admin@example.org'], // who gets mail when something is wrong

  databases: {
    // A demonstration database, made at the first start. Put your own here:
    //   app: { engine: 'sqlite', file: '/srv/app/app.sqlite3', schedule: '0 2 * * *', keep: 30 },
    //   shop: { engine: 'postgres', connection: { url: env('SHOP_URL') } },
    // with SHOP_URL=postgres://user:password@host/shop in the environment
    demo: { engine: 'sqlite', file: './.sauvegarde/demonstration.sqlite3' },
  },

  local: {
    vault: './backups', // better on another disk than the database
    // mail: { smtp: env('SMTP_URL') },
    // with env imported above beside defineConfig, and in the environment
    // SMTP_URL=smtps://user:password@mail.example.org:465
  },
});
