/** Whether a pattern such as "terminal:*" covers a capability. */
export function covers(pattern: string, capability: string): boolean {
  const [service, verb] = pattern.split(":");
  const [wantService, wantVerb] = capability.split(":");
  return (service === "*" || service === wantService) && (verb === "*" || verb === wantVerb);
}
