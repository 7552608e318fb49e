#!/usr/bin/env node
import { runProgram } from './program.js';
import { Terminal } from './terminal.js';

// The reader of a pipe, such as `head`, may leave before everything is printed.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runProgram(process.argv.slice(2), new Terminal(process));
