using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Stress.Tests.Shared;

/// <summary>Certificates for a server of a test.</summary>
public static class Certificates
{
    /// <summary>Name of the authority's certificate, which clients are configured to trust.</summary>
    public const string Authority = "ca.crt";

    /// <summary>Name of the server's certificate, for localhost.</summary>
    public const string Server = "tls.crt";

    /// <summary>Name of the server's key.</summary>
    public const string Key = "tls.key";

    /// <summary>Writes an authority of the test's own, and a certificate by it for the name that the client uses.</summary>
    public static void Write(string folder)
    {
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), until = from.AddDays(3);
        using RSA authorityKey = RSA.Create(2048), key = RSA.Create(2048);
        var authority = new CertificateRequest("CN=authority of a test", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 issuer = authority.CreateSelfSigned(from, until);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(issuer, from, until, [1, 2, 3, 4]);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, Authority), issuer.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, Server), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, Key), key.ExportPkcs8PrivateKeyPem());
    }
}
