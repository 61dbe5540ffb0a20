import { defineConfig } from '../../core/config/config.ts';

/** Two databases of RDS in one VPC without a way to the internet. docs/deploy.md explains it. */
export default defineConfig({
  timeZone: 'Europe/Paris',
  administrators: ['admin@example.org'],
  sender: 'sauvegarde@example.org',

  databases: {
    main: { engine: 'postgres', version: 17, connection: { secret: 'prod/main' }, place: 'private' },
    shop: {
      engine: 'postgres',
      version: 18,
      connection: { iam: { host: 'shop.c0123456789ab.eu-west-3.rds.amazonaws.com', user: 'sauvegarde', database: 'shop' } },
      schedule: '30 1 * * *',
      keep: { last: 30, monthly: 12 },
      place: 'private',
    },
  },

  places: {
    private: {
      vpc: 'vpc-0123456789abcdef0',
      subnets: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      securityGroups: ['sg-0123456789abcdef0'],
      routeTables: ['rtb-0123456789abcdef0'],
      cidrs: ['10.0.0.0/16'],
    },
  },

  aws: { objectLock: { days: 14 } },
});
