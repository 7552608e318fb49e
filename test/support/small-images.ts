/** Files that begin as images of their kind do; nobody looks at the rest. */
export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
export const JPG = Buffer.from('ffd8ffe000104a464946000101', 'hex');
export const BMP = Buffer.from('424d460000000000000036000000', 'hex');
