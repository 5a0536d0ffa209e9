import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Concentrator, commandLineOf } from '../testing.ts';

test('pools are shown with what is free and in use, all or one', () => {
  const world = new Concentrator('ip local pool spare 10.0.0.1-10.0.0.4\n');
  const line = commandLineOf(world.needs);
  world.connects({ user: 'vpnclient1', port: 1025 });
  world.connects({ user: 'vpnclient2', port: 1026 });
  assert.equal(
    line.shows('show ip local pool'),
    `Pool       Begin     End         Mask           Free  In use
ciscopool  40.1.1.1  40.1.1.100  255.255.255.0    98       2
spare      10.0.0.1  10.0.0.4    -                 4       0`,
  );
  assert.deepEqual(line.data('show ip local pool spare'), [
    { name: 'spare', first: '10.0.0.1', last: '10.0.0.4', free: 4, inUse: 0 },
  ]);
  assert.equal(line.refuses('show ip local pool lost'), '% There is no pool "lost"');
});
