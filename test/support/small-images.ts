/** The first bytes of files of these types, which is all that the checks look at. */
export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
export const JPG = Buffer.from('ffd8ffe000104a464946000101', 'hex');
export const BMP = Buffer.from('424d3e000000000000003e000000', 'hex');
