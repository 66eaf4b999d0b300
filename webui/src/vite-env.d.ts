
/** The version of this build, from package.json or HOMIE_VERSION. */
declare const __VERSION__: string;
