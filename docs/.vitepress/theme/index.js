// The fonts of the reader's system: the site loads nothing from elsewhere and has Chinese everywhere.
import { useRoute } from 'vitepress';
import Theme from 'vitepress/theme-without-fonts';
import { nextTick, onMounted, watch } from 'vue';
import './style.css';

export default {
  extends: Theme,
  setup() {
    const route = useRoute();
    // The theme has a main landmark on every page but the home page.
    const markMain = () =>
      globalThis.document.querySelector('.VPContent.is-home')?.setAttribute('role', 'main');
    onMounted(markMain);
    watch(
      () => route.path,
      () => nextTick(markMain),
    );
  },
};
