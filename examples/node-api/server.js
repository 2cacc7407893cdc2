const express = require('express');

const app = express();
const port = process.env.PORT || 3000;
const tasks = ['write the report', 'water the plants'];

app.use(express.json());

app.get('/', (request, response) => {
  response.json({ tasks });
});

app.get('/health', (request, response) => {
  response.json({ status: 'ok' });
});

app.post('/tasks', (request, response) => {
  const title = String(request.body?.title ?? '').trim();
  if (title === '') {
    response.status(400).json({ error: 'title is missing' });
    return;
  }
  tasks.push(title);
  response.status(201).json({ tasks });
});

app.listen(port, () => {
  console.log(`listening on port ${port}`);
});
