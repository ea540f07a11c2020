/** Refuses what Electron refuses: members, options, events and arguments that its declarations do not have, and calls at the wrong time. */
import { EventEmitter } from "node:events";
import ts from "typescript";
import {
  constructorsOf,
  hasEvent,
  hasMember,
  isDeclared,
  isKindOf,
  isOptional,
  methodsOf,
  propertiesOf,
  propertyType,
  staticsOf,
  type Signature,
} from "./declarations.ts";

export class Refused extends TypeError {}

/** Why a value does not fit a declared type, or nothing. What cannot be judged (generics, functions' own types) fits. */
const misfit = (value: unknown, type: ts.TypeNode | undefined): string | undefined => {
  if (!type) return undefined;
  if (ts.isParenthesizedTypeNode(type)) return misfit(value, type.type);
  if (ts.isUnionTypeNode(type)) {
    const complaints = type.types.map((each) => misfit(value, each));
    return complaints.some((complaint) => complaint === undefined) ? undefined : complaints.join(", or ");
  }
  if (ts.isLiteralTypeNode(type)) return misfitOfLiteral(value, type.literal);
  if (ts.isArrayTypeNode(type)) {
    if (!Array.isArray(value)) return "it must be a list";
    return value.map((item) => misfit(item, type.elementType)).find((complaint) => complaint !== undefined);
  }
  if (ts.isFunctionTypeNode(type)) return typeof value === "function" ? undefined : "it must be a function";
  if (ts.isTypeReferenceNode(type)) return misfitOfReference(value, type);
  return misfitOfKeyword(value, type.kind);
};

const misfitOfLiteral = (value: unknown, literal: ts.LiteralTypeNode["literal"]): string | undefined => {
  const wanted = ts.isStringLiteral(literal)
    ? literal.text
    : literal.kind === ts.SyntaxKind.NullKeyword
      ? null
      : literal.kind === ts.SyntaxKind.TrueKeyword;
  return value === wanted ? undefined : `it must be ${JSON.stringify(wanted)}`;
};

const keywords = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.StringKeyword, "string"],
  [ts.SyntaxKind.NumberKeyword, "number"],
  [ts.SyntaxKind.BooleanKeyword, "boolean"],
  [ts.SyntaxKind.UndefinedKeyword, "undefined"],
]);

const misfitOfKeyword = (value: unknown, kind: ts.SyntaxKind): string | undefined => {
  const wanted = keywords.get(kind);
  return wanted === undefined || typeof value === wanted ? undefined : `it must be a ${wanted}`;
};

const misfitOfReference = (value: unknown, type: ts.TypeReferenceNode): string | undefined => {
  const name = type.typeName.getText().replace(/^Electron\./, "");
  if (name === "Buffer") return Buffer.isBuffer(value) ? undefined : "it must be a Buffer";
  if (name === "Record" || !isDeclared(name) || propertiesOf(name).length === 0) return undefined;
  if (typeof value !== "object" || value === null) return `it must be a ${name}`;
  const kind = standIns.get(value);
  if (kind !== undefined) return isKindOf(kind, name) ? undefined : `it must be a ${name}, not a ${kind}`;
  return misfitOfOptions(value, name);
};

/** Options by name: one that Electron does not know is a typing error that it would silently ignore. */
const misfitOfOptions = (value: object, name: string): string | undefined => {
  for (const [key, item] of Object.entries(value)) {
    if (!hasMember(name, key)) return `${name} has no '${key}'`;
    if (item === undefined && isOptional(name, key)) continue;
    const complaint = misfit(item, propertyType(name, key));
    if (complaint !== undefined) return `${name}.${key}: ${complaint}`;
  }
  return undefined;
};

const complaintOf = (args: readonly unknown[], { parameters }: Signature): string | undefined => {
  const needed = parameters.filter(({ optional, rest }) => !optional && !rest).length;
  const most = parameters.some(({ rest }) => rest) ? Infinity : parameters.length;
  if (args.length < needed || args.length > most) return `it takes ${needed} to ${most} arguments, not ${args.length}`;
  for (const [index, parameter] of parameters.entries()) {
    if (parameter.rest || (args[index] === undefined && parameter.optional)) continue;
    const complaint = misfit(args[index], parameter.type);
    if (complaint !== undefined) return `${parameter.name}: ${complaint}`;
  }
  return undefined;
};

/** @throws Refused where no overload takes the arguments */
export const checkArguments = (what: string, args: readonly unknown[], signatures: readonly Signature[]): void => {
  if (signatures.length === 0) return;
  const complaints = signatures.map((signature) => complaintOf(args, signature));
  if (complaints.every((complaint) => complaint !== undefined))
    throw new Refused(`${what}: ${complaints.join("; or ")}`);
};

/** What stands in for which of Electron's types. */
const standIns = new WeakMap<object, string>();
export const markStandIn = (value: object, type: string): void => void standIns.set(value, type);

const emitterMethods = new Set<string | symbol>([...Object.getOwnPropertyNames(EventEmitter.prototype)]);
const listening = new Set(["on", "once", "addListener", "prependListener"]);

/** An object of Electron's: only what its type declares can be reached, and only with arguments that fit. */
export const strict = <T extends object>(
  type: string,
  target: T,
  mayUse: (member: string) => string | undefined = () => undefined,
): T => {
  const proxy = new Proxy(target, {
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key);
      if (typeof key === "symbol" || key === "then" || key === "constructor" || key === "toJSON") return value;
      if (emitterMethods.has(key) && object instanceof EventEmitter) return emitterMethod(type, object, key);
      if (!hasMember(type, key)) throw new Refused(`Electron's ${type} has no '${key}'`);
      if (value === undefined && !(key in object)) throw new Refused(`the stand-in has no ${type}.${key} yet`);
      const untimely = mayUse(key);
      if (untimely !== undefined) throw new Refused(`${type}.${key}: ${untimely}`);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        checkArguments(`${type}.${key}`, args, methodsOf(type, key));
        return Reflect.apply(value, object, args);
      };
    },
    set: (object, key, value) => {
      if (typeof key === "string" && !hasMember(type, key)) throw new Refused(`Electron's ${type} has no '${key}'`);
      if (typeof key === "string") {
        const complaint = misfit(value, propertyType(type, key));
        if (complaint !== undefined) throw new Refused(`${type}.${key}: ${complaint}`);
      }
      return Reflect.set(object, key, value);
    },
  });
  standIns.set(proxy, type);
  return proxy;
};

const emitterMethod = (type: string, object: EventEmitter, key: string): unknown => {
  const method: unknown = Reflect.get(object, key);
  return (...args: unknown[]): unknown => {
    const [event] = args;
    if (listening.has(key) && !(typeof event === "string" && hasEvent(type, event)))
      throw new Refused(`Electron's ${type} has no event '${String(event)}'`);
    return typeof method === "function" ? Reflect.apply(method, object, args) : undefined;
  };
};

/** A class of Electron's: what it is made with and its static functions are checked like methods. */
export const strictClass = <T extends new (...args: never[]) => object>(
  type: string,
  target: T,
  mayUse: () => string | undefined,
): T =>
  new Proxy(target, {
    construct: (made, args: unknown[], newTarget) => {
      const untimely = mayUse();
      if (untimely !== undefined) throw new Refused(`new ${type}: ${untimely}`);
      checkArguments(`new ${type}`, args, constructorsOf(type));
      const instance: unknown = Reflect.construct(made, args, newTarget);
      return typeof instance === "object" && instance !== null ? instance : {};
    },
    get: (object, key) => {
      const value: unknown = Reflect.get(object, key);
      if (typeof key === "symbol" || key === "prototype" || typeof value !== "function") return value;
      const signatures = staticsOf(type, key);
      if (signatures.length === 0) throw new Refused(`Electron's ${type} has no static '${key}'`);
      return (...args: unknown[]): unknown => {
        checkArguments(`${type}.${key}`, args, signatures);
        return Reflect.apply(value, object, args);
      };
    },
  });

/** An event as listeners get it. */
export const createEvent = <T extends object>(fields: T) => {
  const event = { ...fields, defaultPrevented: false, preventDefault: () => void (event.defaultPrevented = true) };
  return event;
};
