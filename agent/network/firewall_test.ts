import { describe, expect, it } from "vitest";
import { droppingChains } from "./foreign_firewall.ts";
import { hasEmptyChain } from "./services/nft.ts";

describe("droppingChains", () => {
  it("names chains of IPv4 that drop forwarded packets by default", () => {
    const listing = `table ip filter {
	chain INPUT {
		type filter hook input priority filter; policy drop;
	}
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
	}
}
table ip6 filter {
	chain FORWARD {
		type filter hook forward priority filter; policy drop;
	}
}
table inet firewall {
	chain fwd {
		type filter hook forward priority filter + 10; policy drop;
	}
	chain other {
		type filter hook forward priority filter; policy accept;
	}
}
`;
    expect(droppingChains(listing)).toEqual(["ip filter FORWARD", "inet firewall fwd"]);
  });
});

describe("hasEmptyChain", () => {
  it("sees that the rules are gone", () => {
    const full =
      "table ip t {\n\tchain a {\n\t\ttype nat hook output priority -100; policy accept;\n\t\tjump b\n\t}\n" +
      "\n\tchain b {\n\t\taccept\n\t}\n}\n";
    expect(hasEmptyChain(full)).toBe(false);
    expect(hasEmptyChain(full.replace("\t\tjump b\n", ""))).toBe(true);
    expect(hasEmptyChain(full.replace("\t\taccept\n", ""))).toBe(true);
  });
});
