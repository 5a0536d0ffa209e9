#!/usr/bin/env node
/** What `npm start` and `npm test` run: `bootstrap.js start [ARGUMENT...]`, `bootstrap.js test`. */
import { giveUp } from './install.js';
import { start } from './run.js';
import { testAll } from './test.js';

const [command, ...args] = process.argv.slice(2);
if (command === 'start') await start(args);
else if (command === 'test') await testAll(args);
else giveUp('usage: bootstrap.js {start | test} [ARGUMENT...]');
