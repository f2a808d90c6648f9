using System.Security.Cryptography;
using System.Text;

namespace Cloudlet.Lab.Images;

/// <summary>How mmdebstrap makes one root file system of the store. Equal recipes have equal digests and share one image.</summary>
internal abstract record Recipe
{
    /// <summary>What is built and how long that takes, for progress.</summary>
    public abstract string Title { get; }

    /// <summary>The recipe as text, one item per line; stored next to the image.</summary>
    public abstract string Text { get; }

    /// <summary>12 hexadecimal digits; the name of the image's folder.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..12];

    /// <summary>Arguments for mmdebstrap.</summary>
    public abstract IReadOnlyList<string> Arguments(string target, string logFile);
}
