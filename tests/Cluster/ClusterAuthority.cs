using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Stress.Silo;

namespace Stress.Tests.Clusters;

/// <summary>A cluster's certificate authority, and the certificates that it issues to silos and clients.</summary>
public sealed class ClusterAuthority : IDisposable
{
    private const string ServerUsage = "1.3.6.1.5.5.7.3.1", ClientUsage = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;
    private readonly X509Certificate2 _certificate;

    /// <summary>Makes one.</summary>
    /// <param name="name">Its common name.</param>
    public ClusterAuthority(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-2), DateTimeOffset.UtcNow.AddYears(1));
    }

    /// <summary>Its certificate, in file form.</summary>
    public string Pem => _certificate.ExportCertificatePem() + "\n";

    /// <summary>Writes a certificate, its key and the trusted authorities into a folder, each file atomically.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Its common name.</param>
    /// <param name="ofSilo">For servers and clients; otherwise for clients only.</param>
    /// <param name="expired">It was valid until yesterday.</param>
    /// <param name="trusted">The authorities that others are checked by; this one by default.</param>
    /// <returns>Environment variables for a process that uses them.</returns>
    public IReadOnlyDictionary<string, string> Issue(string folder, string name, bool ofSilo, bool expired = false, params ClusterAuthority[] trusted)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        OidCollection usages = ofSilo ? [new(ServerUsage), new(ClientUsage)] : [new(ClientUsage)];
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, critical: false));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using X509Certificate2 certificate = request.Create(
            _certificate, expired ? now.AddDays(-2) : now.AddHours(-1), expired ? now.AddDays(-1) : now.AddDays(2), RandomNumberGenerator.GetBytes(SerialBytes));
        Directory.CreateDirectory(folder);
        return new Dictionary<string, string>
        {
            [SiloDefaults.TlsAuthorityVariable] = Put("ca.crt", string.Concat((trusted.Length == 0 ? [this] : trusted).Select(authority => authority.Pem))),
            [SiloDefaults.TlsKeyVariable] = Put("tls.key", key.ExportPkcs8PrivateKeyPem()),
            [SiloDefaults.TlsCertificateVariable] = Put("tls.crt", certificate.ExportCertificatePem()),
        };

        string Put(string file, string text)
        {
            string path = Path.Combine(folder, file);
            File.WriteAllText(path + ".new", text);
            File.Move(path + ".new", path, overwrite: true);
            return path;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _certificate.Dispose();
}
