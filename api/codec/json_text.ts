/** A value that is JSON text already. In protobuf it is written as it is where a field takes any value, such as FieldsV1. */
export class JsonText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
