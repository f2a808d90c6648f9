using System.Security.Cryptography;
using System.Text;

namespace Cloudlet.DesiredState.Links;

/// <summary>
/// Hardware addresses for links whose description gives none: the first six bytes of SHA-256 over <c>host name/link name</c> in UTF-8, made a locally administered unicast address
/// (IEEE 802 bit 0x02 set, 0x01 clear). The same link keeps its address for ever; hosts of one site differ even when they were cloned from one image, where the machine-id, and with it
/// systemd's own choice, is the same.
/// </summary>
public static class StableMac
{
    /// <summary>The address of a link.</summary>
    public static string Of(string host, string link)
    {
        var bytes = SHA256.HashData(Encoding.UTF8.GetBytes($"{host}/{link}"))[..6];
        bytes[0] = (byte)((bytes[0] & 0xFC) | 0x02);
        return MacAddress.Format(bytes);
    }
}
