import type { DefaultTheme, LocaleSpecificConfig } from 'vitepress';

const guide = [
  { text: '快速开始', link: '/zh/guide/getting-started' },
  { text: '回调地址', link: '/zh/guide/callback-url' },
  { text: '接收通知', link: '/zh/guide/receiving' },
  { text: '只处理一次', link: '/zh/guide/exactly-once' },
  { text: '应用自己的数据库', link: '/zh/guide/sql' },
  { text: '不漏投诉', link: '/zh/guide/nothing-lost' },
  { text: '处理投诉', link: '/zh/guide/complaints' },
  { text: '多商户', link: '/zh/guide/merchants' },
  { text: '密钥与切换', link: '/zh/guide/keys' },
  { text: '测试', link: '/zh/guide/testing' },
  { text: '本地开发', link: '/zh/guide/local-development' },
  { text: '上线检查', link: '/zh/guide/production' },
  { text: '运维', link: '/zh/guide/operation' },
];
const reference = [
  { text: '配置项', link: '/zh/reference/options' },
  { text: '环境变量', link: '/zh/reference/environment' },
  { text: '调用错误', link: '/zh/reference/errors' },
  { text: '拒绝与暂缓的错误码', link: '/zh/reference/notification-codes' },
  { text: '命令行', link: '/zh/reference/cli' },
  { text: '兼容性', link: '/zh/reference/compatibility' },
  { text: 'API（TypeDoc，英文）', link: '/reference/api/' },
];
const about = [
  { text: '安全性', link: '/zh/security' },
  { text: '性能', link: '/zh/performance' },
  { text: '架构', link: '/zh/architecture' },
  { text: '与其他包的比较', link: '/zh/comparison' },
  { text: '更新日志', link: '/zh/changelog' },
];

export const zh: LocaleSpecificConfig<DefaultTheme.Config> = {
  description: '微信支付消费者投诉的 NestJS 模块',
  themeConfig: {
    nav: [
      { text: '指南', link: '/zh/guide/getting-started', activeMatch: '^/zh/guide/' },
      { text: '常见场景', link: '/zh/recipes' },
      { text: '参考', link: '/zh/reference/options', activeMatch: '/reference/' },
    ],
    sidebar: [
      { text: '指南', items: [...guide, { text: '常见场景', link: '/zh/recipes' }] },
      { text: '参考', items: reference },
      { text: '关于', items: about },
    ],
    outline: { label: '本页内容' },
    docFooter: { prev: '上一页', next: '下一页' },
    darkModeSwitchLabel: '外观',
    lightModeSwitchTitle: '切换到浅色',
    darkModeSwitchTitle: '切换到深色',
    sidebarMenuLabel: '目录',
    returnToTopLabel: '回到顶部',
    langMenuLabel: '切换语言',
    skipToContentLabel: '跳到正文',
  },
};
