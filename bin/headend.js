#!/usr/bin/env node
import { start } from './run.js';

await start(process.argv.slice(2));
