/** Names for runs that have none, in MLflow's form adjective-noun-number. */
const ADJECTIVES = (
  "able amber ample azure brave bright brisk calm candid clear clever cosmic crisp curious daring deep eager early " +
  "earnest fair fast fine fluent frosty gentle glad golden grand happy hardy honest humble keen kind lively lucid lucky " +
  "mellow merry mighty misty modest neat noble patient placid polite prime proud quick quiet rapid ready regal robust " +
  "serene sharp silent silver smooth solid spry stately steady stellar sunny swift tidy tranquil true valiant vivid warm wise witty zesty"
).split(" ");
const NOUNS = (
  "alder antler arch aspen badger basin bay beacon birch bison bluff brook canyon cedar cliff cloud comet condor coral " +
  "cove crane creek delta dune eagle elk ember falcon fern finch fjord forest fox gale glacier glade grove gull harbor " +
  "hare hawk heron hill ibis inlet island jay juniper lagoon lake lark ledge lynx maple marsh meadow mesa moose moss " +
  "oak orca osprey otter owl peak pine plover pond prairie puffin quail raven reef ridge river robin rook seal shore " +
  "sparrow spruce stone stork stream summit swan tern thrush tide trout vale walrus willow wolf wren"
).split(" ");

const MAX_LENGTH = 20;

/** `random` yields numbers in [0, 1). At most 20 characters. */
export const randomName = (random: () => number): string => {
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? "calm";
  for (;;) {
    const name = `${pick(ADJECTIVES)}-${pick(NOUNS)}-${Math.floor(random() * 1000)}`;
    if (name.length <= MAX_LENGTH) return name;
  }
};
