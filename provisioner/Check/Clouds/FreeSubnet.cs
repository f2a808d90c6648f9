using System.Net;
using Cloudlet.Errors;

namespace Cloudlet.Check.Clouds;

/// <summary>Chooses the addresses of the check's network.</summary>
internal static class FreeSubnet
{
    /// <summary>Second bytes of the candidates: 10.254.0.0/16 first.</summary>
    private static readonly byte[] Seconds = [254, 253, 252];

    /// <summary>One of 10.254.N.0/24 that overlaps none of those that are taken.</summary>
    /// <param name="taken">Prefixes in use; what is not a prefix of IPv4 is ignored.</param>
    /// <param name="first">The N to begin with, so that two checks seldom choose the same.</param>
    /// <exception cref="CloudletException">Obstructed: all are taken.</exception>
    public static IPNetwork Choose(IEnumerable<string> taken, byte first)
    {
        var used = taken.Select(static t => IPNetwork.TryParse(t, out var parsed) ? parsed : (IPNetwork?)null).OfType<IPNetwork>().ToList();
        foreach (var second in Seconds)
            for (var i = 0; i < 256; i++)
            {
                var candidate = new IPNetwork(new IPAddress([10, second, (byte)(first + i), 0]), 24);
                if (!used.Exists(u => u.Contains(candidate.BaseAddress) || candidate.Contains(u.BaseAddress)))
                    return candidate;
            }

        throw new CloudletException(
            ErrorKind.Obstructed,
            "the cloud uses all of 10.252.0.0 to 10.254.255.255, so there are no addresses for a network of the check: delete a subnet "
                + "there"
        );
    }
}
