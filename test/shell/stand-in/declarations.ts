/** What Electron's own `electron.d.ts` allows, read with the TypeScript compiler: names of members, options and events, and what arguments may be. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { projectRoot } from "../../helpers/outpost-process.ts";

export interface Signature {
  readonly parameters: readonly {
    readonly name: string;
    readonly optional: boolean;
    readonly rest: boolean;
    readonly type: ts.TypeNode | undefined;
  }[];
}

interface Declared {
  readonly methods: Map<string, Signature[]>;
  readonly properties: Map<string, ts.TypeNode | undefined>;
  readonly optional: Set<string>;
  readonly statics: Map<string, Signature[]>;
  readonly constructors: Signature[];
  readonly events: Set<string>;
  readonly bases: string[];
}

const empty = (): Declared => ({
  methods: new Map(),
  properties: new Map(),
  optional: new Set(),
  statics: new Map(),
  constructors: [],
  events: new Set(),
  bases: [],
});

const nameOf = (node: ts.PropertyName): string => (ts.isIdentifier(node) || ts.isStringLiteral(node) ? node.text : "");

const signatureOf = (node: ts.SignatureDeclaration): Signature => ({
  parameters: node.parameters.map((parameter) => ({
    name: parameter.name.getText(),
    optional: parameter.questionToken !== undefined || parameter.initializer !== undefined,
    rest: parameter.dotDotDotToken !== undefined,
    type: parameter.type,
  })),
});

/** The event's name in `on(event: 'ready', …)`. */
const eventOf = (node: ts.SignatureDeclaration): string | undefined => {
  const type = node.parameters[0]?.type;
  return type && ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal) ? type.literal.text : undefined;
};

const add = <K, V>(map: Map<K, V[]>, key: K, value: V): void => void map.set(key, [...(map.get(key) ?? []), value]);

const readMember = (into: Declared, member: ts.ClassElement | ts.TypeElement): void => {
  if (ts.isConstructorDeclaration(member)) return void into.constructors.push(signatureOf(member));
  if (!member.name) return;
  const name = nameOf(member.name);
  if (ts.isMethodDeclaration(member) || ts.isMethodSignature(member)) {
    const isStatic =
      ts.canHaveModifiers(member) && ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
    const event = name === "on" ? eventOf(member) : undefined;
    if (event !== undefined) into.events.add(event);
    add(isStatic === true ? into.statics : into.methods, name, signatureOf(member));
  } else if (ts.isPropertyDeclaration(member) || ts.isPropertySignature(member)) {
    into.properties.set(name, member.type);
    if (member.questionToken) into.optional.add(name);
  }
};

/** Every class and interface in the namespace `Electron`, by name; several declarations of one name are one. */
const readDeclarations = (): Map<string, Declared> => {
  const path = join(projectRoot, "node_modules/electron/electron.d.ts");
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.ESNext, true);
  const found = new Map<string, Declared>();
  const visit = (node: ts.Node): void => {
    if (ts.isModuleDeclaration(node) && node.name.text === "Electron" && node.body) ts.forEachChild(node.body, visit);
    if (!ts.isClassDeclaration(node) && !ts.isInterfaceDeclaration(node)) return;
    const name = node.name?.text ?? "";
    const into = found.get(name) ?? empty();
    found.set(name, into);
    for (const clause of node.heritageClauses ?? [])
      for (const base of clause.types) into.bases.push(base.expression.getText());
    for (const member of node.members) readMember(into, member);
  };
  ts.forEachChild(source, visit);
  return found;
};

const declarations = readDeclarations();

/** A type with everything that it inherits. */
const whole = (name: string): Declared[] => {
  const own = declarations.get(name);
  return own ? [own, ...own.bases.flatMap(whole)] : [];
};

/** Whether a type is another one or inherits from it. */
export const isKindOf = (type: string, wanted: string): boolean =>
  type === wanted || (declarations.get(type)?.bases.some((base) => isKindOf(base, wanted)) ?? false);

export const isDeclared = (type: string): boolean => declarations.has(type);
export const methodsOf = (type: string, name: string): Signature[] =>
  whole(type).flatMap(({ methods }) => methods.get(name) ?? []);
export const staticsOf = (type: string, name: string): Signature[] =>
  whole(type).flatMap(({ statics }) => statics.get(name) ?? []);
export const constructorsOf = (type: string): Signature[] =>
  whole(type)
    .map(({ constructors }) => constructors)
    .find((list) => list.length > 0) ?? [];
export const hasProperty = (type: string, name: string): boolean =>
  whole(type).some(({ properties }) => properties.has(name));
export const propertyType = (type: string, name: string): ts.TypeNode | undefined =>
  whole(type)
    .map(({ properties }) => properties.get(name))
    .find((found) => found !== undefined);
export const isOptional = (type: string, name: string): boolean =>
  whole(type).some(({ optional }) => optional.has(name));
export const hasEvent = (type: string, event: string): boolean => whole(type).some(({ events }) => events.has(event));
export const hasMember = (type: string, name: string): boolean =>
  hasProperty(type, name) || methodsOf(type, name).length > 0;
export const propertiesOf = (type: string): string[] => whole(type).flatMap(({ properties }) => [...properties.keys()]);
