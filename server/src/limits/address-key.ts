import ipaddr from 'ipaddr.js';

/** What a home or a machine is given; whoever has one has 2^64 addresses. */
const IPV6_BITS = 64;

/** What an address is counted by: itself, or its /64 for IPv6. An IPv4 address in IPv6's clothes is the IPv4 one. */
export const addressKeyOf = (address: string): string => {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  return parsed.kind() === 'ipv4'
    ? parsed.toString()
    : `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed}/${IPV6_BITS}`)}/${IPV6_BITS}`;
};
