/**
 * The YAML parser as a module of our own, to be imported when it is needed: of a CommonJS package that is imported so
 * the bundler keeps no names.
 */
export { parse } from "yaml";
