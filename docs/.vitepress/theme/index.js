// The fonts of the reader's system: the site loads nothing from elsewhere and has Chinese everywhere.
import Theme from 'vitepress/theme-without-fonts';
import './style.css';

export default Theme;
