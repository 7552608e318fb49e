/**
 * The files of the simulator's page. This is in `lib/cli` itself because the package has the whole program
 * in one file of the folder `cli`: the path from here to the page is the same in both.
 */
export const PAGE_FOLDER = new URL('simulation/page/', import.meta.url);
