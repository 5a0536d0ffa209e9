/**
 * A small HTTP file server for the inside hosts of labs.
 * Usage: serve.ts ADDRESS:PORT FOLDER
 */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';

const [place = '', folder = ''] = process.argv.slice(2);
const colon = place.lastIndexOf(':');
if (colon < 0 || folder === '') {
  console.error('usage: serve ADDRESS:PORT FOLDER');
  process.exit(2);
}

const server = createServer((request, response) => {
  // Only the last component counts, so that no path leads out of the folder.
  const file = join(folder, basename(new URL(request.url ?? '/', 'http://lab').pathname));
  const facts = statSync(file, { throwIfNoEntry: false });
  if (!facts?.isFile()) {
    response.writeHead(404).end('no such file\n');
    return;
  }
  response.writeHead(200, { 'Content-Length': facts.size });
  createReadStream(file).pipe(response);
});

server.listen(Number(place.slice(colon + 1)), place.slice(0, colon), () => {
  console.log(`serving ${folder} on ${place}`);
});
