using System.Security.Cryptography;
using System.Text;

namespace Cloudlet.DesiredState.Kinds.Links;

/// <summary>
/// Hardware addresses for links without a described one: the first six bytes of SHA-256 over <c>host name/link name</c> in UTF-8, made
/// into a locally administered unicast address (IEEE 802 bit 0x02 set, 0x01 clear). A link keeps its address permanently. Hosts of a site
/// differ even if they were cloned from one image, where the machine-id, and so systemd's choice, is the same.
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
