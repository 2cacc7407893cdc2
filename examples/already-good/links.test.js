import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lookUp, shorten } from './links.js';

test('a short name leads back to its address', () => {
  assert.equal(lookUp(shorten('https://example.com/a')), 'https://example.com/a');
});
