#!/usr/bin/env node
/** What `npm start` and `npm test` run: `bootstrap.js start [ARGUMENT...]`, `bootstrap.js test`. */
import { giveUp } from './install.js';
import { start } from './run.js';
import { testAll } from './test.js';

const [command, ...args] = process.argv.slice(2);
// npm goes to the folder of package.json, and says where it was called.
if (command === 'start') await start(args, process.env.INIT_CWD);
else if (command === 'test') await testAll(args);
else giveUp('usage: bootstrap.js {start | test} [ARGUMENT...]');
