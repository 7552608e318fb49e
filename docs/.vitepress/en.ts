import type { DefaultTheme, LocaleSpecificConfig } from 'vitepress';

const guide = [
  { text: 'Getting started', link: '/guide/getting-started' },
  { text: 'The callback URL', link: '/guide/callback-url' },
  { text: 'Receiving notifications', link: '/guide/receiving' },
  { text: 'Handled once', link: '/guide/exactly-once' },
  { text: 'Your own database', link: '/guide/sql' },
  { text: 'Nothing lost', link: '/guide/nothing-lost' },
  { text: 'Acting on complaints', link: '/guide/complaints' },
  { text: 'Several merchants', link: '/guide/merchants' },
  { text: 'Keys and migration', link: '/guide/keys' },
  { text: 'Testing', link: '/guide/testing' },
  { text: 'Local development', link: '/guide/local-development' },
  { text: 'Going to production', link: '/guide/production' },
  { text: 'Operation', link: '/guide/operation' },
];
const reference = [
  { text: 'Options', link: '/reference/options' },
  { text: 'Environment variables', link: '/reference/environment' },
  { text: 'Errors of calls', link: '/reference/errors' },
  { text: 'Rejection and deferral codes', link: '/reference/notification-codes' },
  { text: 'Command line', link: '/reference/cli' },
  { text: 'Compatibility', link: '/reference/compatibility' },
  { text: 'API (TypeDoc)', link: '/reference/api/' },
];
const about = [
  { text: 'Security', link: '/security' },
  { text: 'Performance', link: '/performance' },
  { text: 'Architecture', link: '/architecture' },
  { text: 'Comparison', link: '/comparison' },
  { text: 'Changelog', link: '/changelog' },
];

export const en: LocaleSpecificConfig<DefaultTheme.Config> = {
  description: 'Complaint notifications of WeChat Pay for NestJS',
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/guide/getting-started', activeMatch: '^/guide/' },
      { text: 'Recipes', link: '/recipes' },
      { text: 'Reference', link: '/reference/options', activeMatch: '/reference/' },
    ],
    sidebar: [
      { text: 'Guide', items: [...guide, { text: 'Recipes', link: '/recipes' }] },
      { text: 'Reference', items: reference },
      { text: 'About', items: about },
    ],
  },
};
