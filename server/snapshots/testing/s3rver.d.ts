/** What is used of the package, which has no types of its own. */
export default class S3rver {
  constructor(options: {
    readonly port: number;
    readonly address: string;
    readonly silent: boolean;
    readonly directory: string;
    readonly configureBuckets: readonly { readonly name: string; readonly configs: readonly string[] }[];
  });
  run(): Promise<{ readonly address: string; readonly port: number }>;
  close(): Promise<void>;
}
