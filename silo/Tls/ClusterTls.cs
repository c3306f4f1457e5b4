using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stress.Silo.Tls;

/// <summary>A file of mutual TLS.</summary>
/// <param name="Named">How it was named, as written before its path in a message: an option, or an environment variable.</param>
/// <param name="Path">Its path.</param>
public sealed record TlsFile(string Named, string Path)
{
    /// <inheritdoc/>
    public override string ToString() => Named + Path;
}

/// <summary>
/// Mutual TLS between silos, and between clients and silos: both ends of a connection present a certificate signed by the cluster's authority. The authority
/// is the cluster's own: whatever it has signed is accepted. The files are PEM, as a Secret of Kubernetes has them.
/// </summary>
/// <param name="Certificate">The process' certificate, and any intermediate certificates.</param>
/// <param name="Key">Its key.</param>
/// <param name="Authority">The certificates of the authority; two of them while one replaces another.</param>
public sealed record ClusterTls(TlsFile Certificate, TlsFile Key, TlsFile Authority)
{
    /// <summary>Extended key usage of a server: RFC 5280, 4.2.1.12.</summary>
    internal const string ServerUsage = "1.3.6.1.5.5.7.3.1";

    /// <summary>Extended key usage of a client: RFC 5280, 4.2.1.12.</summary>
    internal const string ClientUsage = "1.3.6.1.5.5.7.3.2";

    /// <summary>Reads the files and checks that they match.</summary>
    /// <param name="now">What time it is.</param>
    /// <exception cref="FormatException">One is missing or invalid; the message names it.</exception>
    /// <exception cref="ClusterUnavailableException">The certificate has expired, or is not valid yet: another may come.</exception>
    public TlsIdentity Read(DateTimeOffset now)
    {
        string certificate = Text(Certificate, "the process' certificate"), key = Text(Key, "its key"), authority = Text(Authority, "the certificate of the cluster's authority");
        X509Certificate2Collection chain = All(Certificate, certificate, "certificate"), authorities = All(Authority, authority, "certificate of an authority");
        X509Certificate2 own = WithKey(certificate, key);
        using var path = new X509Chain { ChainPolicy = Policy(authorities, null) };
        path.ChainPolicy.VerificationTime = now.UtcDateTime;
        path.ChainPolicy.ExtraStore.AddRange(chain);
        if (!path.Build(own))
        {
            if (now < own.NotBefore || now > own.NotAfter)
            {
                throw new ClusterUnavailableException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Certificate}: {(now > own.NotAfter ? "expired on" : "not valid before")} {(now > own.NotAfter ? own.NotAfter : own.NotBefore).ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z; accepted is a certificate that is valid now"));
            }

            throw new FormatException($"{Certificate}: {Reason(path.ChainStatus)}; accepted is a certificate by the authority of {Authority}");
        }

        return new TlsIdentity(own, SslStreamCertificateContext.Create(own, chain, offline: true), authorities, string.Concat(certificate, key, authority));
    }

    /// <summary>The three texts in one, or null while one cannot be read: whether anything has changed.</summary>
    internal string? Texts()
    {
        try
        {
            return string.Concat(File.ReadAllText(Certificate.Path), File.ReadAllText(Key.Path), File.ReadAllText(Authority.Path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The policy for checking a certificate: the cluster's authority and no other, offline.</summary>
    /// <param name="authorities">The authority.</param>
    /// <param name="usage">The required usage; null for any.</param>
    internal static X509ChainPolicy Policy(X509Certificate2Collection authorities, string? usage)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.AddRange(authorities);
        if (usage is not null)
        {
            policy.ApplicationPolicy.Add(new Oid(usage));
        }

        return policy;
    }

    /// <summary>What is wrong with a certificate, in words.</summary>
    internal static string Reason(IEnumerable<X509ChainStatus> status)
    {
        X509ChainStatusFlags all = status.Aggregate(X509ChainStatusFlags.NoError, (flags, one) => flags | one.Status);
        return all.HasFlag(X509ChainStatusFlags.NotTimeValid) ? "it has expired, or is not valid yet"
            : (all & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid)) != 0 ? "it is not by the cluster's authority"
            : all.HasFlag(X509ChainStatusFlags.NotValidForUsage) ? "it is not for this use"
            : all.ToString();
    }

    private static string Text(TlsFile file, string what)
    {
        try
        {
            return File.ReadAllText(file.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string problem = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message.TrimEnd('.');
            throw new FormatException($"{file}: {problem}; accepted is a PEM file with {what}");
        }
    }

    private static X509Certificate2Collection All(TlsFile file, string text, string what)
    {
        X509Certificate2Collection all = [];
        try
        {
            all.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            all.Clear();
        }

        return all.Count > 0 ? all : throw new FormatException($"{file}: no {what} is in it; accepted is a PEM file that begins with -----BEGIN CERTIFICATE-----");
    }

    private X509Certificate2 WithKey(string certificate, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new FormatException($"{Key}: it is not the key of the certificate {Certificate}; accepted is a PEM file with the unencrypted key of that certificate");
        }
    }
}

/// <summary>The contents of the three files: a certificate with its key, and the authority that others are checked by.</summary>
/// <param name="Certificate">The process' certificate.</param>
/// <param name="Context">The same with any intermediate certificates, as presented.</param>
/// <param name="Authorities">The authority.</param>
/// <param name="Texts">The files' texts.</param>
public sealed record TlsIdentity(X509Certificate2 Certificate, SslStreamCertificateContext Context, X509Certificate2Collection Authorities, string Texts);
