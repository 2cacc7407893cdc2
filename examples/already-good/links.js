import { nanoid } from 'nanoid';

const links = new Map();

export function shorten(address) {
  const name = nanoid(8);
  links.set(name, address);
  return name;
}

export function lookUp(name) {
  return links.get(name);
}
