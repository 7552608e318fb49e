import { defineConfig } from 'vitepress';
import { en } from './en.js';
import { chineseTokens } from './chinese-tokens.js';
import { zh } from './zh.js';

export default defineConfig({
  title: 'nestjs-wechatpay-complaint',
  outDir: '../build/docs',
  cacheDir: '../build/docs-cache',
  // Code for the examples, not pages.
  srcExclude: ['examples/**'],
  // The site opens from any folder of a server that adds `.html`, and from one that does not.
  cleanUrls: false,
  lastUpdated: false,
  locales: {
    root: { label: 'English', lang: 'en', ...en },
    zh: { label: '简体中文', lang: 'zh-CN', ...zh },
  },
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        locales: {
          zh: {
            translations: {
              button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
              modal: {
                displayDetails: '显示详细内容',
                resetButtonTitle: '清除',
                backButtonTitle: '关闭搜索',
                noResultsText: '没有找到',
                footer: { selectText: '打开', navigateText: '切换', closeText: '关闭' },
              },
            },
          },
        },
        miniSearch: { options: { tokenize: chineseTokens } },
      },
    },
  },
  vite: { build: { chunkSizeWarningLimit: 2000 } },
});
