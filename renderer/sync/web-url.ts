/** An address that another machine named, where it is one that a browser may open; undefined for anything else. */
export const webUrl = (address: string | null): string | undefined => {
  if (address === null || !URL.canParse(address)) return undefined;
  const { protocol, href } = new URL(address);
  return protocol === "https:" || protocol === "http:" ? href : undefined;
};
