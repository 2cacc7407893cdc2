import { createServer } from 'node:http';
import { shorten, lookUp } from './links.js';

const port = Number(process.env.PORT ?? 3000);

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname === '/healthz') {
    response.end('ok\n');
  } else if (request.method === 'POST' && url.searchParams.has('to')) {
    response.statusCode = 201;
    response.end(`/${shorten(url.searchParams.get('to'))}\n`);
  } else if (lookUp(url.pathname.slice(1))) {
    response.writeHead(302, { location: lookUp(url.pathname.slice(1)) });
    response.end();
  } else {
    response.statusCode = 404;
    response.end('no such link\n');
  }
});

server.listen(port, () => console.log(`listening on port ${port}`));

process.on('SIGTERM', () => server.close(() => process.exit(0)));
